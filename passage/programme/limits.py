"""The largest of everything: one place for every limit that an action or a query of the lower rooms keeps.

What one entry may move and one account may hold stands in `passage.engine.money`, which may not look here.
"""

NAME = 80  # characters of a person's, shop's or programme's name
SLUG = 50  # characters of a programme's short name
CODE = 40  # characters of the code of a shop, a till or a source
REASON = 200  # characters of the reason given for a block
EXTERNAL_ID = 80  # characters of a member's number in another system
TAGS = 20  # tags on one member
TAG = 40  # characters of one tag
EMAIL = 254  # characters of an address (RFC 5321)
PASSWORD = 256  # characters; a longer one only costs time
PHONE_TAIL = 4  # last digits of a phone number that a counter may search by
SEARCHED = 4  # characters a counter must type before it is shown anybody (E-47)
CANDIDATES = 20  # members shown to a counter at once
CARD_NUMBER = 64  # characters of a card's number
CARDS = 20_000  # cards made or looked up at once
PAGE = 100  # rows on one page
IN_ONE_QUERY = 5_000  # values in one IN (...): SQLite takes 32,766
IMPORT_BYTES = 25 * 1024 * 1024  # of a file of members or cards
IMPORT_ROWS = 200_000  # rows of such a file
IMPORT_COLUMNS = 60  # columns of it that are looked at
IMPORT_CELL = 500  # characters kept of one cell
IMPORT_AT_ONCE = 100  # rows read or written in one transaction: on SQLite the tills wait for it
