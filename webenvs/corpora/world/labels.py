"""Short names of relations: the labels of infoboxes and the headings of table columns."""

from collections.abc import Mapping
from types import MappingProxyType

from webenvs.corpora.world.relations import RELATIONS

_LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "artist": ("Artist", "Painted by"),
        "artwork_museum": ("Collection", "Museum"),
        "artwork_year": ("Year of completion", "Year"),
        "author": ("Author", "Written by"),
        "based_on": ("Literary source", "After"),
        "borders": ("Neighbouring country", "Neighbour"),
        "sibling": ("Brother or sister", "Sibling"),
        "twin_city": ("Twin town", "Twin town"),
        "capacity": ("Seats in the ground", "Capacity"),
        "coach": ("Coach", "Head coach"),
        "curator": ("Curator", "Curated by"),
        "department_founded": ("Foundation", "Since"),
        "department_head": ("Head", "Chair"),
        "department_university": ("University", "Part of"),
        "depicts": ("Subject", "View of"),
        "film_director": ("Director", "Directed by"),
        "film_premiere": ("Premiere", "First shown"),
        "filmed_in": ("Location", "Shot in"),
        "first_issue": ("First issue", "Appears since"),
        "journal_editor": ("Editor", "Edited by"),
        "journal_founded": ("Foundation", "Since"),
        "journal_home": ("University", "Home"),
        "maker": ("Manufacturer", "Made by"),
        "newspaper_city": ("City", "Newsroom"),
        "newspaper_editor": ("Editor", "Editor-in-chief"),
        "newspaper_owner": ("Owner", "Publisher"),
        "paper_journal": ("Journal", "Appeared in"),
        "paper_year": ("Year of publication", "Year"),
        "parent_company": ("Parent company", "Owned by"),
        "print_run": ("Copies printed", "Print run"),
        "product_designer": ("Designer", "Design"),
        "product_launch": ("Launch", "On sale since"),
        "publisher": ("Publisher", "Imprint"),
        "runtime": ("Running time in minutes", "Length (min)"),
        "units_sold": ("Copies sold", "Units"),
        "works_in": ("Department", "Post"),
        "award_city": ("Place of ceremony", "Ceremony"),
        "award_first": ("First award", "Since"),
        "award_presenter": ("Conferred by", "Jury"),
        "award_year": ("Year of award", "Laureate in"),
        "birth_place": ("Place of birth", "Native of", "From"),
        "birth_year": ("Year of birth", "Born"),
        "bridge_city": ("City", "Location"),
        "bridge_engineer": ("Engineer", "Designer"),
        "bridge_length": ("Length in metres", "Length (m)"),
        "bridge_opened": ("Opening", "Open since"),
        "bridge_river": ("River", "Crosses"),
        "chief_executive": ("Chief executive", "Head"),
        "city_country": ("Country", "State"),
        "city_founded": ("Foundation", "Town charter"),
        "city_river": ("River", "Waters"),
        "city_region": ("Province", "Region"),
        "club_city": ("Home town", "City"),
        "club_founded": ("Foundation", "Since"),
        "club_sponsor": ("Sponsor", "Shirt sponsor"),
        "company_founded": ("Foundation", "Since"),
        "company_founder": ("Founder", "Founded by"),
        "area": ("Area in square kilometres", "Area (sq km)"),
        "commemorates": ("Namesake", "In memory of"),
        "death_place": ("Place of death", "Died at"),
        "death_year": ("Year of death", "Died"),
        "capital": ("Capital", "Seat of government"),
        "dedicated_to": ("Dedicatee", "Dedication"),
        "elevation": ("Elevation in metres", "Height (m)"),
        "employer": ("Employer", "Worked for"),
        "employees": ("Number of employees", "Staff"),
        "exhibition_closed": ("Last day", "Until"),
        "exhibition_museum": ("Museum", "Venue"),
        "exhibition_opened": ("First day", "From"),
        "festival_city": ("City", "Venue"),
        "festival_first": ("First edition", "Since"),
        "festival_founder": ("Founder", "Founded by"),
        "graduation_year": ("Year of graduation", "Degree"),
        "headquarters": ("Head office", "Seat"),
        "independence": ("Independence", "Sovereign since"),
        "museum_city": ("City", "Address"),
        "museum_director": ("Director", "Head"),
        "museum_opened": ("Opening", "Open since"),
        "person_award": ("Award", "Honours"),
        "published": ("Year of publication", "Published"),
        "region_area": ("Area in square kilometres", "Area (sq km)"),
        "region_country": ("Country", "State"),
        "region_seat": ("Seat", "Administrative seat"),
        "river_length": ("Length in kilometres", "Length (km)"),
        "river_source": ("Country of source", "Rises in"),
        "set_in": ("Setting", "Scene"),
        "studied_at": ("University", "Education", "Alma mater"),
        "tributary_of": ("Main river", "Flows into"),
        "spouse": ("Spouse", "Married to"),
        "students": ("Number of students", "Enrolment"),
        "rival": ("Rival", "Local rival"),
        "university_city": ("City", "Campus"),
        "university_founded": ("Foundation", "Since"),
        "university_founder": ("Founder", "Founded by"),
    }
)


def labels_of(relation: str, domain: str) -> tuple[str, ...]:
    """The labels of a relation; those not listed are named after the relation."""
    if relation in _LABELS:
        return _LABELS[relation]
    words = relation.removeprefix(f"{domain}_").replace("_", " ")
    return (words[0].upper() + words[1:],)


LABELS = frozenset(
    label for relation in RELATIONS.values() for label in labels_of(relation.name, relation.domain)
)
"""Every label that an infobox may have."""


def label_of(relation: str, domain: str) -> str:
    """The heading of a column, and what a table is sorted and named by."""
    return labels_of(relation, domain)[0]
