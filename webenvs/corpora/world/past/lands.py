"""Lands and waters: countries, regions, cities, rivers and bridges."""

from collections import Counter

from webenvs.corpora.world.past.chronicle import NOW, Chronicle

_MOST_TWINS, _MOST_NEIGHBOURS = 5, 6


def settle(chronicle: Chronicle) -> None:
    """Note all facts about places except who governs them and who designed the bridges."""
    _countries(chronicle)
    _regions(chronicle)
    _cities(chronicle)
    _twins(chronicle)
    _rivers(chronicle)


def span_rivers(chronicle: Chronicle) -> None:
    """Bridges over the rivers of cities; their engineers are of age when they open."""
    rivers = {
        fact.subject: str(fact.object) for fact in chronicle.facts if fact.relation == "city_river"
    }
    cities = [city for city in chronicle.members["city"] if city.id in rivers]
    engineers = chronicle.able("engineer")
    for bridge in chronicle.members["bridge"]:
        city = chronicle.pick_from(cities, bridge, "bridge_city")
        opened = chronicle.day(bridge, "bridge_opened", 1835, NOW - 4)
        chronicle.say(bridge, "bridge_opened", opened)
        chronicle.say(bridge, "bridge_length", chronicle.size(bridge, "bridge_length", 40, 5))
        if city:
            chronicle.say(bridge, "bridge_city", city)
            chronicle.say(bridge, "bridge_river", rivers[city])
        if chronicle.has(0.85, bridge, "bridge_engineer"):
            able = chronicle.grown(int(opened[:4]), 28)
            engineer = chronicle.pick_from(engineers, bridge, "bridge_engineer", able)
            chronicle.say(bridge, "bridge_engineer", engineer)


def _countries(chronicle: Chronicle) -> None:
    countries = chronicle.members["country"]
    neighbours: Counter[str] = Counter()
    joined: set[tuple[str, str]] = set()
    for place, country in enumerate(countries):
        chronicle.say(country, "independence", chronicle.year(country, "independence", 1290, 1780))
        chronicle.say(country, "area", chronicle.size(country, "area", 8_000, 6))
        for step in (1, 2 + chronicle.draw(5, country, "borders")):
            other = countries[(place + step) % len(countries)]
            pair = (min(country.id, other.id), max(country.id, other.id))
            room = max(neighbours[one] for one in pair) < _MOST_NEIGHBOURS
            if other is not country and pair not in joined and room:
                joined.add(pair)
                neighbours.update(pair)
                chronicle.say_both("borders", *pair)


def _regions(chronicle: Chronicle) -> None:
    capitals: dict[str, str] = {}
    seats: dict[str, str] = {}
    for city in chronicle.members["city"]:
        seats.setdefault(chronicle.homes[city.id], city.id)
        capitals.setdefault(chronicle.homes[chronicle.homes[city.id]], city.id)
    for country in chronicle.members["country"]:
        chronicle.say(country, "capital", capitals[country.id])
    for region in chronicle.members["region"]:
        chronicle.say(region, "region_country", chronicle.homes[region.id])
        chronicle.say(region, "region_area", chronicle.size(region, "region_area", 300, 4))
        chronicle.say(region, "region_seat", seats[region.id])


def _cities(chronicle: Chronicle) -> None:
    for city in chronicle.members["city"]:
        region = chronicle.homes[city.id]
        chronicle.say(city, "city_region", region)
        chronicle.say(city, "city_country", chronicle.homes[region])
        founded = chronicle.year(city, "city_founded", 850, 1650)
        chronicle.began[city.id] = founded
        chronicle.say(city, "city_founded", founded)
        chronicle.say(city, "population", chronicle.size(city, "population", 9_000, 7))
        if chronicle.has(0.6, city, "elevation"):
            chronicle.say(city, "elevation", chronicle.size(city, "elevation", 12, 6))


def _twins(chronicle: Chronicle) -> None:
    homes = chronicle.homes
    twins: Counter[str] = Counter()
    joined: set[tuple[str, str]] = set()
    for city in chronicle.members["city"]:
        country = homes[homes[city.id]]
        if twins[city.id] >= _MOST_TWINS or not chronicle.has(0.4, city, "twin_city"):
            continue

        def abroad(other: str, country: str = country) -> bool:
            return homes[homes[other]] != country and twins[other] < _MOST_TWINS

        other = chronicle.pick("city", city, "twin_city", abroad)
        if other and (other, city.id) not in joined:
            joined.add((city.id, other))
            twins.update((city.id, other))
            chronicle.say_both("twin_city", city.id, other)


def _rivers(chronicle: Chronicle) -> None:
    lengths = {
        river.id: chronicle.size(river, "river_length", 70, 4)
        for river in chronicle.members["river"]
    }
    for river in chronicle.members["river"]:
        chronicle.say(river, "river_source", chronicle.pick("country", river, "river_source"))
        chronicle.say(river, "river_length", lengths[river.id])
        if chronicle.has(0.55, river, "tributary_of"):

            def longer(other: str, length: int = lengths[river.id]) -> bool:
                return lengths[other] > length

            chronicle.say(
                river, "tributary_of", chronicle.pick("river", river, "tributary_of", longer)
            )
    for city in chronicle.members["city"]:
        if chronicle.has(0.65, city, "city_river"):
            chronicle.say(city, "city_river", chronicle.pick("river", city, "city_river"))
