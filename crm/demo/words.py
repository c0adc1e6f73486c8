"""Names and words of the demo company, in several languages; all invented."""

from __future__ import annotations

# first names, last names, cities with country, language of the notes
PLACES: list[tuple[list[str], list[str], list[tuple[str, str]]]] = [
    (
        ["Olivia", "Harriet", "George", "Noah", "Ella", "Callum"],
        ["Whitmore", "Ashdown", "Pemberton", "Lockwood", "O'Rourke", "Fairbairn"],
        [("Leeds", "United Kingdom"), ("Bristol", "United Kingdom"), ("Galway", "Ireland")],
    ),
    (
        ["Jürgen", "Anneliese", "Björn", "Käthe", "Matthias", "Zoë"],
        ["Müller-Lüdenscheid", "Großmann", "Schröter", "Weiß", "Brückner", "Yıldız"],
        [("Köln", "Germany"), ("Zürich", "Switzerland"), ("Graz", "Austria")],
    ),
    (
        ["Łukasz", "Agnieszka", "Żaneta", "Paweł", "Małgorzata"],
        ["Wiśniewski", "Dąbrowska", "Święcicki", "Źrebiec", "Łęcka"],
        [("Łódź", "Poland"), ("Gdańsk", "Poland"), ("Kraków", "Poland")],
    ),
    (
        ["María José", "Íñigo", "Begoña", "Raúl", "Núria"],
        ["Núñez", "Ibáñez Peña", "Muñoz", "Garrigues", "Echeverría"],
        [("Málaga", "Spain"), ("A Coruña", "Spain"), ("Bogotá", "Colombia")],
    ),
    (
        ["Chloé", "François", "Maëlle", "Gaël", "Hélène"],
        ["Lefèvre", "D'Aubigné", "Châtelain", "Besançon", "Noël"],
        [("Besançon", "France"), ("Liège", "Belgium"), ("Québec", "Canada")],
    ),
    (
        ["伟", "秀英", "娜", "敏", "静怡"],
        ["王", "李", "欧阳", "陈", "刘"],
        [("上海", "中国"), ("成都", "中国"), ("新加坡", "Singapore")],
    ),
    (
        ["さくら", "健太", "陽子", "翔"],
        ["佐藤", "高橋", "渡辺", "小林"],
        [("京都", "日本"), ("札幌", "日本")],
    ),
    (
        ["Олена", "Дмитро", "Соломія", "Тарас"],
        ["Шевчук", "Коваленко", "Бондаренко", "Лисенко"],
        [("Львів", "Україна"), ("Київ", "Україна")],
    ),
    (
        ["ليلى", "يوسف", "نور", "خالد"],
        ["الحداد", "منصور", "الخطيب", "النجار"],
        [("عمّان", "الأردن"), ("دبي", "الإمارات")],
    ),
]

COMPANY_FIRST = [
    "Alder", "Birkenau", "Cobalt", "Drei Eichen", "Élan", "Fjord", "Gaviota", "Halcyon", "Iskra", "Jasmin",
    "Kestrel", "Lumière", "Meridian", "Nordlicht", "Ørsund", "Północ", "Quarzit", "Rívoli", "Słońce",
    "Tramontana", "Umbra", "Vega", "Wisła", "Zenit", "北辰", "青空", "Зоря", "الواحة",
]  # fmt: skip
COMPANY_SECOND = [
    "Analytics", "Biotech", "Clinic", "Diagnostics", "Foods", "Instituts", "Laboratorien", "Optics", "Pharma",
    "Research", "University", "Water",
]  # fmt: skip
COMPANY_FORM = ["Ltd", "GmbH", "S.A.", "sp. z o.o.", "SAS", "AG", "Inc.", "株式会社"]

PRODUCTS: list[tuple[str, str, str, str]] = [
    ("LK-100", "Larkfield 100 bench microscope", "Microscopes", "1890.00"),
    ("LK-240", "Larkfield 240 research microscope", "Microscopes", "7450.00"),
    ("LK-500", "Larkfield 500 confocal system", "Microscopes", "64900.00"),
    ("CF-12", "Centrifuge, 12 places", "Centrifuges", "2340.00"),
    ("CF-48", "Centrifuge, 48 places, cooled", "Centrifuges", "8790.00"),
    ("PH-2", "pH meter, two channels", "Meters", "415.50"),
    ("SP-7", "Spectrometer, 190–1,100 nm", "Meters", "12350.00"),
    ("IN-30", "Incubator, 30 litres", "Incubators", "1675.00"),
    ("IN-120", "Incubator, 120 litres, CO₂", "Incubators", "6120.00"),
    ("SV-1", "Maintenance, one year", "Services", "590.00"),
    ("SV-3", "Maintenance, three years", "Services", "1490.00"),
    ("TR-1", "Training day at your place", "Services", "950.00"),
]

CAMPAIGNS = [
    ("Spring catalogue", "email"),
    ("Laborforum Köln", "trade_show"),
    ("Webinar: seeing living cells", "webinar"),
    ("University framework offer", "email"),
    ("Messe Łódź", "trade_show"),
    ("Open house", "event"),
    ("Trade journal", "advertisement"),
    ("Autumn service check", "email"),
]

SUBJECTS = [
    "Lens shows a shadow", "Zentrifuge läuft unrund", "Faktura bez numeru zamówienia",
    "Licence key not accepted",
    "La incubadora no alcanza la temperatura", "Étalonnage demandé", "镜头需要更换", "電源が入らない",
    "Не приходить підтвердження", "Delivery arrived without cable",
]  # fmt: skip

TITLES = [
    "Head of laboratory",
    "Purchasing",
    "Research director",
    "Facility manager",
    "Professor",
    "Lab technician",
]
STREETS = [
    "Mill Lane",
    "Lindenstraße",
    "ulica Długa",
    "Calle Mayor",
    "Rue du Moulin",
    "Harbour Road",
    "中山路",
]
NEXT_STEPS = [
    "Call on Monday",
    "Send the offer",
    "Angebot nachfassen",
    "Wysłać próbki",
    "Demo on site",
    "预约演示",
]
