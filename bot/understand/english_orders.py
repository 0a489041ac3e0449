"""English words about orders, about who asks for what, and about the warehouse keeper itself."""

from bot.understand.english import POLITE
from bot.understand.tables import phrases, rows

NOT_ALONE = phrases(
    "low | run out | running out | running low | short of | short on | low on | pending | "
    "hand over | handover | hand out"
)
"""Too little to go by when nothing else is said."""

PENDING_KEYS = phrases(
    """
    sign off | to sign off | to sign | pending approvals | pending approval | my approvals | approvals |
    approval list | approval queue |
    approval inbox | to approve | for approval | awaiting approval | waiting for approval |
    waiting for my approval | awaiting my approval | pending | my tasks | approve anything |
    for my approval | needs my approval | need my approval | pending tasks | approval tasks |
    my pending approvals | pending requests | need to approve | my inbox |
    hand over | hand-over | hand-overs | hand overs | handover | handovers | hand out | to issue |
    handing over | to be handed over | handing out |
    to be issued | waiting for me | waiting on me | to-do | to do list | to-do list |
    todo | todo list | todos | to-dos
    """
)
PENDING_FILLERS = (
    *POLITE,
    *phrases(
        """
    my | me | i | the | a | any | anything | are | is | there | show | list | show me | what |
    what's | do | have | to | all | for | see | which | requests | request | on | list of | waiting |
    tasks | task | queue | inbox | of | you | got | does | something | still | items | need | needs |
    things | how many | open | view | check | must | in | should | has | had
    """
    ),
)

MY_REQUESTS_KEYS = phrases(
    """
    my latest requests | my latest request | my latest orders | my previous requests | my recent orders |
    my recent request | my submitted requests | my past orders | my last orders | my recent requisitions |
    my requests | my request | my orders | my requisitions | my requisition | my order |
    my documents | my applications | requests i made | my own requests | what have i requested |
    what did i request | what i requested | i have requested | i requested | requests i have made |
    my open requests | my recent requests | my past requests | my last requests | my request list |
    requests of mine | i've requested | my order list
    """
)
MY_REQUESTS_FILLERS = (
    *POLITE,
    *phrases(
        """
    show | list | list of | show me | all | of | the | what | what's | are | is | see | view |
    status | status of | where | where are | check | how are | display | open | recent | latest |
    so far | doing | going | get | last | me | i | have | did | history | progress | you | do | far |
    so | and | which | find | things | items | where's | how's | any | news | update | updates | on | yet |
    approved | ready | been | has | have been | last week | this week | last month | this month | yesterday |
    recently | lately
    """
    ),
)

HELP_KEYS = rows(
    "how do i | how can i | how do we | how to",
    "request | order | return | get | take | take out | bring back | approve",
    "something | anything | things | stuff | goods | items | an item",
) + phrases(
    """
    help | what can you do | what do you do | how do you work | how does this work |
    how does it work | usage | manual | instructions | commands | what can i ask | what can i do |
    what can i say | who are you | what are you | menu | how to use | how to use this |
    how do i use this | features | how do i request something | how do i request | how to request |
    how can i request | how do i request items | how do i order something | guide | user guide |
    list of commands | what are your commands | what commands | how can you help |
    what are you able to do | get started | getting started | i need help | need help | help me |
    can you help | can you help me | could you help me | could you help | how do i return something |
    what can you help me with
    """
)
HELP_FILLERS = (
    *POLITE,
    *phrases(
        """
    here | have | which | what | me | you | i | the | a | show | list | with | this | is | are | for |
    please | there | some | do | get | want | bot | your | to | all
    """
    ),
)

APPROVE = phrases(
    """
    approve | approved | i approve | agree | agreed | accept | accepted | ok | okay | i agree | pass |
    approve it | grant | granted | sign off | go ahead with
    """
)
REJECT = phrases(
    """
    reject | rejected | decline | declined | refuse | refused | deny | denied | turn down |
    don't approve | do not approve | disapprove | not approved | disagree | i reject | veto |
    send back | i refuse | i decline | cannot approve | can't approve | not approve | disapproved |
    do not accept | don't accept
    """
)
WITHDRAW = phrases(
    """
    withdraw | cancel | revoke | take back | call off | recall | retract | undo | abort | scrap |
    pull back | cancelled | i withdraw | void
    """
)
DECISION_FILLERS = (
    *POLITE,
    *phrases(
        """
    yes | yep | sure | go ahead and | looks good | look good | fine | all good | looks fine | looks ok |
    looks okay | looks right | seems fine | ok with me | okay with me | fine with me | fine by me | go ahead |
    no objection | no objections | no problem |
    i | we | the | my | request | request number | requisition | order | order number | number | nr |
    document | it | this | that | is | was | to | of | for | want | like | would | need | one | with |
    id | application | ticket | be | should | me
    """
    ),
)

STATUS = phrases(
    """
    status | status of | progress | progress of | progress on | where is | where's | how is | how's |
    what about | any news on | any news | update | update on | any update on | any updates on |
    any update | any progress on | state of | track | tracking | follow up | follow up on |
    what happened to | what's up with | how far is | what's the status of | what is the status of |
    remind | nudge | chase | chase up | hurry up | speed up |
    handed over | issued | delivered | ready | be ready | done | finished | happening | details |
    details of | when will | when can i get | when do i get | when can i pick up |
    look up | how is it going with | what's happening with
    """
)
OWN_STATUS = phrases(
    """
    approved | rejected | shipped | arrived | arrive | get here | coming | when will | when do i get |
    when can i get |
    handed out | on its way | here yet | be ready | processed | sent
    """
)
STATUS_FILLERS = (
    *DECISION_FILLERS,
    *phrases(
        """
    show | check | see | what | what's | is | going | the | any | news | on | with | has | been |
    yet | at | now | me | a | get | got | how | doing | still | are | where | about | view | open
    """
    ),
)
STATUS_QUESTION_OPENERS = (
    "is",
    "has",
    "have",
    "was",
    "did",
    "are",
    "who",
    "when",
    "why",
    "where",
    "how",
    "what",
)

THANKS = phrases(
    "thanks | thank you | thx | cheers | thanks a lot | many thanks | got it | great | bye | goodbye | ty"
)
ASSENT = phrases(
    "confirm | confirmed | ok | okay | yes | yep | yeah | sure | fine | alright | all right | submit"
)
GREETINGS = phrases(
    "hi | hello | hey | hi there | hello there | good morning | good afternoon | good evening"
)
BARE_DECISION_FILLERS = phrases(
    "the | my | last | latest | previous | recent | most recent | i | "
    "want to | it | this | that | this one | that one | the request | my request | my last request | "
    "all | all of them | them | them all | everything | both | these | those | both of them | requests"
)

LAST_REQUEST = phrases("request | requisition | order | application | last one | previous one")
