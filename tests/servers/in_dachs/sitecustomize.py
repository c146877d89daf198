"""Change two things in DaCHS; Python imports this file where its folder is on PYTHONPATH.

Table names like "I/355/epphot" are taught to it, which it declines as they stand. Such a name is
looked up as the table that descriptors/vizier.rd declares (i_355_epphot); in the database there is
a view of the quoted name, so that the ADQL and the SQL made of it stay as they were written.

A job runs in a thread of the server: the process that DaCHS would start for it imports for longer
than any query of the tests takes.
"""

import re

from gavo.protocols import adqlglue, tap, taprunner, uws
from twisted.internet import reactor

declined = adqlglue.adqlTableRefToDaCHS
IN_SERVER = -1  # instead of a process id, as DaCHS has it of synchronous jobs


def table_of(reference: object) -> str:
    name = str(getattr(reference, "name", reference)).strip('"')
    if "/" in name:
        return "vizier." + re.sub(r"\W", "_", name.lower())
    return declined(reference)


def start(transitions: object, phase: str, job: uws.BaseUWSJob, _: object) -> None:
    job.change(pid=IN_SERVER, phase=uws.EXECUTING)
    # It waits for the lock on the job, which is held until its phase is written.
    reactor.callFromThread(reactor.callInThread, taprunner.runTAPJob, job.jobId)


adqlglue.adqlTableRefToDaCHS = table_of
tap.TAPTransitions.startJob = start
