"""Names in ADQL: which are taken, and what a catalogue is called in a database."""

import hashlib
import re

from rrcat.errors import ReleaseError
from rrcat.schema import Table

# Reserved by ADQL 2.1 (functions included), by SQL-92, on which it rests, and by PostgreSQL, behind
# most TAP services. DEC, another spelling of DECIMAL, every service takes as a declination.
RESERVED = frozenset(
    """
    ABS ABSOLUTE ACOS ACTION ADD ALL ALLOCATE ALTER ANALYSE ANALYZE AND ANY ARE AREA ARRAY AS ASC
    ASIN ASSERTION ASYMMETRIC AT ATAN ATAN2 AUTHORIZATION AVG BEGIN BETWEEN BIGINT BINARY BIT
    BITWISE_AND BITWISE_NOT BITWISE_OR BITWISE_XOR BIT_LENGTH BOTH BOX BY CASCADE CASCADED CASE CAST
    CATALOG CEILING CENTROID CHAR CHARACTER CHARACTER_LENGTH CHAR_LENGTH CHECK CIRCLE CLOSE COALESCE
    COLLATE COLLATION COLUMN COMMIT CONCURRENTLY CONNECT CONNECTION CONSTRAINT CONSTRAINTS CONTAINS
    CONTINUE CONVERT COORD1 COORD2 COORDSYS CORRESPONDING COS COT COUNT CREATE CROSS CURRENT
    CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP
    CURRENT_USER CURSOR DATE DAY DEALLOCATE DECIMAL DECLARE DEFAULT DEFERRABLE DEFERRED DEGREES
    DELETE DESC DESCRIBE DESCRIPTOR DIAGNOSTICS DISCONNECT DISTANCE DISTINCT DO DOMAIN DOUBLE DROP
    ELSE END END-EXEC ESCAPE EXCEPT EXCEPTION EXEC EXECUTE EXISTS EXP EXTERNAL EXTRACT FALSE FETCH
    FIRST FLOAT FLOOR FOR FOREIGN FOUND FREEZE FROM FULL GET GLOBAL GO GOTO GRANT GROUP HAVING HOUR
    IDENTITY ILIKE IMMEDIATE IN INDICATOR INITIALLY INNER INPUT INSENSITIVE INSERT INT INTEGER
    INTERSECT INTERSECTS INTERVAL INTO IN_UNIT IS ISNULL ISOLATION JOIN KEY LANGUAGE LAST LATERAL
    LATITUDE LEADING LEFT LEVEL LIKE LIMIT LOCAL LOCALTIME LOCALTIMESTAMP LOG LOG10 LOWER MATCH MAX
    MIN MINUTE MOC MOD MODULE MONTH NAMES NATIONAL NATURAL NCHAR NEXT NO NOT NOTNULL NULL NULLIF
    NUMERIC OCTET_LENGTH OF OFFSET ON ONLY OPEN OPTION OR ORDER OUTER OUTPUT OVERLAPS PAD PARTIAL PI
    PLACING POINT POLYGON POSITION POWER PRECISION PREPARE PRESERVE PRIMARY PRIOR PRIVILEGES
    PROCEDURE PUBLIC RADIANS RAND READ REAL REFERENCES REGION RELATIVE RESTRICT RETURNING REVOKE
    RIGHT ROLLBACK ROUND ROWS SCHEMA SCROLL SECOND SECTION SELECT SESSION SESSION_USER SET SIMILAR
    SIN SIZE SMALLINT SOME SPACE SQL SQLCODE SQLERROR SQLSTATE SQRT SQUARE STDDEV SUBSTRING SUM
    SYMMETRIC SYSTEM_USER TABLE TABLESAMPLE TAN TEMPORARY THEN TIME TIMESTAMP TIMEZONE_HOUR
    TIMEZONE_MINUTE TO TOP TRAILING TRANSACTION TRANSLATE TRANSLATION TRIM TRUE TRUNCATE UNION
    UNIQUE UNKNOWN UPDATE UPPER USAGE USER USING VALUE VALUES VARCHAR VARIADIC VARYING VERBOSE VIEW
    WHEN WHENEVER WHERE WINDOW WITH WORK WRITE YEAR ZONE
    """.split()  # noqa: SIM905 (a list of so many words hides them)
)
# Schemas that a server has of its own: of DaCHS, of the IVOA's protocols, of PostgreSQL.
TAKEN = frozenset(
    {"dc", "information_schema", "ivoa", "public", "tap_schema", "tap_upload", "test", "uws"}
)
PREFIX = "cat_"
# A server makes names of indices with it, and PostgreSQL cuts names at 63.
LONGEST = 40


def check_columns(table: Table) -> None:
    """Raise where a column has the name of a word of ADQL.

    Such a column can be asked for only in quotation marks, and DaCHS reads it as nothing but nulls.

    Raises
    ------
    ReleaseError
        A column is named like a reserved word.
    """
    for name in table.names:
        if name.upper() in RESERVED:
            raise ReleaseError(
                f"{name!r} is a word of ADQL, so databases cannot have a column of that name",
                column=name,
                hint="rename the column in the table definition, for example with a suffix,"
                " and build and release the catalogue again",
            )


def schema_name(catalogue: str) -> str:
    """Give the name of a catalogue as a schema of a database: a regular identifier, not taken.

    ``gaia-dr3-rrl`` becomes ``gaia_dr3_rrl``; what begins with a digit or is a reserved word has
    ``cat_`` before it, and what exceeds 40 characters is cut and ends with a hash of the whole.
    """
    name = re.sub(r"\W", "_", catalogue.lower(), flags=re.ASCII)
    if not name[0].isalpha() or name.upper() in RESERVED or name in TAKEN or name[:3] == "pg_":
        name = PREFIX + name
    if len(name) > LONGEST:
        digest = hashlib.blake2b(catalogue.encode(), digest_size=4).hexdigest()
        name = f"{name[: LONGEST - 9]}_{digest}"
    return name
