"""How much of anything a file may ask for: what is above ends in a refusal, never in a machine that stands still."""

MB = 1024 * 1024

FILE = 10 * MB  # one file, as it arrives
CLEANED = 30 * MB  # and as it leaves
PIXELS = 50_000_000  # one picture: more than any telephone takes
SIDE = 30_000  # pixels: thin pictures cost as well
ENTRIES = 3_000  # files inside an office file
UNPACKED = 120 * MB  # all of them together
ONE_UNPACKED = 60 * MB
PAGES = 1_000  # of a PDF
OBJECTS = 200_000  # of a PDF

MEMORY = 1024 * MB  # of the process that cleans, all it ever asks for
SECONDS = 40  # of its work
PATIENCE = 60  # seconds on the clock, waiting for the machine included
AT_ONCE = 2  # files cleaned at the same time by one server process
