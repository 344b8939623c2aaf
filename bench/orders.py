"""The demo's order system as a process of its own: `python -m bench.orders PORT SIGNING_KEY`."""

import sys

import uvicorn

from gateway.demo_orders import create_demo_orders

if __name__ == "__main__":
    uvicorn.run(create_demo_orders([sys.argv[2]]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
