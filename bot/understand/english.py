"""English grammar as tables; strong and weak words as in the Chinese tables."""

from bot.understand.tables import phrases, rows

POLITE = phrases(
    """
    please | pls | plz | kindly | hi | hello | hey | hi there | hello there | good morning |
    good afternoon | dear | thanks | thank you | thx | cheers | thanks a lot | thank you very much |
    many thanks | thanks in advance | can u | could u |
    could you | can you | would you | will you | could you please |
    can you please | would you please | would you mind | excuse me | sorry | just | for me | for us |
    help me | hiya | could someone | can someone | could anyone | can anyone | bot | keeper | if possible |
    i'd like to | i would like to | i want to | i need to |
    we need to | let me | can i | could i | may i | can we | could we | may we | asap | urgently |
    urgent | today | now | right now | tomorrow | as soon as possible
    """
)

FILLERS = (
    *POLITE,
    *phrases(
        """
    i | we | me | us | my | our | the | of | some | any | to | also | more | another | additional |
    extra | i'd | i'm | we're | i'll | would | like | want | need | a few | few | several | many |
    lots of | a lot of | from | out | back | there | here | these | those | this | that | following |
    have | get | in | stock | warehouse | store | request | requesting | item | items | each |
    following items | order | is | are | will | it | them | back to stock | to stock |
    got | i have | i've got | we've got | spare | you have | you've got | needed | to the warehouse |
    to warehouse | into stock | to the store | department | team | am | be | new | brand new | replacement
    """
    ),
)

REQUEST_STRONG = phrases(
    """
    request | requesting | requisition | request for | requesting for | a request for |
    requisition for | issue
    """
)
REQUEST_WEAK = phrases(
    """
    i need | we need | need | i want | we want | want | i'd like | we'd like | i would like |
    we would like | would like | give me | give us | get me | get us | get | can i have |
    could i have | may i have | can we have | could we have | may we have | take | grab | pick up |
    collect | bring me | bring us | bring over | bring | send me | send us | order | withdraw | ask for |
    asking for | looking for | hand me | i require | we require |
    require | draw | i'll take | i'll have | fetch me | fetch |
    pass me | take out | please have | send | send over | needs | could use | can use | gimme | can i get |
    could i get | can we get | could we get | book | reserve | set aside | put aside | replace | swap |
    exchange | add | also add | please add | throw in | can i take | may i take | hook me up with
    """
)
RETURN_STRONG: tuple[str, ...] = ()
RETURN_WEAK = phrases(
    """
    sending back | return | returning | bring back | bringing back | give back | giving back | hand back |
    handing back | put back | putting back | send back | take back | returned | giving | bringing |
    want to return | hand in
    """
)
SAMPLE_STRONG = phrases(
    """
    give sample | give samples | give sample of | give a sample of | give samples of | sample of |
    samples of | a sample of | sample | samples | send sample | send samples | send a sample of |
    send samples of | gift | as a gift | as gift | as a sample | as samples | give away | giveaway |
    sample out | sample request | gift of | issue sample | issue samples | as sample
    """
)
SAMPLE_FILLERS = phrases(
    """
    give | send | to customer | to the customer | to a customer | to client | to the client |
    to a client | customer | client | request | need | i need | get | give out | issue | take | want |
    we need | out | away | i want | as | to customers | to clients
    """
)

SAMPLE_WEAK = phrases("give | send | offer | hand out")
CUSTOMER = phrases("customer | customers | client | clients | buyer | prospect | prospects")

CONDITIONS = phrases("if | unless | when | don't | not | he said | she said")

PAST: tuple[str, ...] = ()
NEGATIONS = phrases(
    """
    don't | do not | not | never | no | no need to | didn't | did not | doesn't | does not | won't |
    can't | cannot | who | why | when | how | how to | how do i | did | does | do we | he | she |
    they | has | should | should i | should we | where | where do i | how can i | what
    """
)

PURPOSE = phrases(
    """
    to be used for | used for | purpose is | purpose | for use in | for the purpose of | in order to |
    for
    """
)
NOT_PURPOSE_BEFORE = phrases(
    """
    ask | asking | look | looking | request | requesting | requisition | stock | check | wait |
    search | searching | history | records | movements | ledger | status
    """
)
NOT_PURPOSE_AFTER = phrases("me | us | free | now | today | the moment | sure")
REASON = phrases("because of | because | the reason is | reason is | reason | due to")

WHY_RETURNED = phrases(
    """
    broken | wrong | not needed | no longer | too many | too much | defective | damaged | faulty | expired |
    unused | left over | leftover | leftovers | don't need | doesn't fit | doesn't work | finished |
    cancelled | too big | too small | extra | surplus
    """
)

QUERY_STRONG = phrases(
    """
    stock of | stock for | inventory of | inventory for | in stock | in store | availability of |
    stock level of | stock levels of | stock level | stock levels | inventory level |
    inventory levels | on hand | stock status | stock balance | current stock | stock check
    """
)
QUERY_WEAK = phrases(
    """
    how many | how much | do we have | do you have | have we got | have you got | got any | is there |
    are there | we have | we got | you got | left | remaining | available | check | show | show me |
    look up | lookup | find | search | search for | enough | out of | run out of | stock | inventory |
    any | quantity of | balance of | what's left of | left over | are left | is left |
    what's left | whats left | whats left of |
    do we still have | still have | remain | remains | count of | qty | where is | where are |
    where can i find | where do i find | where can i get | where do i get | where do we keep |
    where do you keep | where can i pick up | compare | level | levels | quantity | balance |
    what about | how about | availability | do you stock | do we stock | do you carry | back in stock
    """
)
QUERY_FILLERS = (
    *POLITE,
    *phrases(
        """
    the | a | an | of | any | some | our | still | there | is | are | we | have | has | do | does |
    me | you | i | tell | know | to | want | what | what's | what is | got | get | on | today |
    currently | at | moment | at the moment | for | in | warehouse | store | more | current | right |
    now | see | which | which of | whether | if | been | be | piece | pieces | pcs | unit | units | hand |
    level | levels | status | please | around | it | us | let | like | would | wondering | was | exactly |
    here | number | query | get me | item | items
    """
    ),
)

_MONTHS = (
    "january | february | march | april | may | june | july | august | september | october | "
    "november | december"
)
WHEN = phrases(
    "last | latest | recently | lately | last week | last month | this week | this month | yesterday | "
    "ever | this year | last year | so far | in total"
) + rows("in | last | since", _MONTHS)
HISTORY_STRONG = phrases(
    """
    stock history | stock movements | stock ledger | movement history | stock movement |
    inventory history | transaction history
    """
)
HISTORY_WEAK = phrases(
    """
    history | movements | movement | ledger | transactions | records | record | log | history of |
    movements of | ins and outs | who took | who has taken | who requested | who has requested | who got |
    who used | who was issued | who collected | who returned | who has been taking | who is taking |
    who keeps taking | did we use | have we used | did we issue | have we issued | did we take | were used |
    did i take | did i use | did i get | did i request | did i ask for | have i taken | have i used |
    have i got | have i gotten | have i requested | have i asked for | i took | i have taken | i've taken |
    was used | were issued | was issued | did we go through | have we gone through
    """
)

LOW_STOCK_KEYS = phrases(
    """
    low stock | low in stock | low on stock | low on | running low | running low on | running out |
    run out | run out of | running out of | reorder | reordering | re-order | replenish |
    replenishment | replenished | replenishing | restock | restocking | restocked |
    below reorder point | below the reorder point | below safety stock | out of stock | shortage |
    shortages | stock alert | stock alerts | reordered | understocked | short of | short on |
    almost out | nearly out | low inventory | low level | low levels | low | reorder list |
    reorder point | about to run out
    """
)
LOW_STOCK_FILLERS = (
    *QUERY_FILLERS,
    *phrases(
        """
    which | items | item | things | thing | products | product | goods | materials | need | needs |
    needed | should | show | show me | list | list of | stock | all | anything | everything |
    supplies | must | soon | that | inventory | getting | running | order | to be | what do |
    what items | being | report | give me | or | levels | of | almost | articles | what needs |
    we're | are we | check | by | going | goes | stuff | it's | too | very | alerts | alert
    """
    ),
)

OUT_OF_SCOPE = phrases(
    """
    price | prices | cost | costs | expensive | cheap | discount | how much for | buy | purchase |
    sell | weather | stock market | stock exchange | stock price | stock prices | policy |
    stock photo | stock photos | return on investment | pay | paid | salary
    """
)
NOT_GOODS = phrases(
    """
    news | class | king | option | options | life | world | hope | happy | birthday | good | bad |
    new | today's | everyone | anyone | someone | anything | nothing | everything | something | day |
    days | hour | hours | minute | minutes | second | seconds | week | weeks | month | months | year |
    years | dollar | dollars | euro | euros | people | person | time | times | meeting | meetings |
    call | calls | holiday | leave | vacation | day off | days off | help | break | raise | what |
    why | who | when | where | how | is | are | was | were | you | he | she | they | your | his |
    her | their | idea | ideas | question | questions | policy | market | information | info |
    permission | access | review | refund | call back | ticket | tickets | advice | feedback | song |
    joke | room | taxi | car | lunch | dinner | pizza | beer | work | working | home | office |
    yesterday | last | percent | minute's | favour | favor | friend | friends | quote | quotation |
    update | feature | change | changes | pull | merge | job | jobs | love | money | then | because |
    if | that | this | it | and
    """
)

SEPARATORS = phrases(
    """
    and | n | plus | as well as | along with | and also | together with | and then | then
    """
)
SURROUNDINGS = (
    phrases(
        """
    in the | from the | at the | to the | in | from | at | to | of the | inside the | the | for the |
    into the | inside | within the | on the | on
    """
    ),
    phrases("warehouse | store"),
)

SUBJECT_OF = ("needs", "could use", "can use")
SUBJECT = (
    r"(?<![a-z])(?:the |our )?(?!what|who|nobody|it\b|that\b|this\b|there\b)[a-z]+(?: [a-z]+)?"
    r"(?=\s*$)"
)
"""Who asks, in front of the verb: kitchen needs 15 kg."""

DESTINATIONS = phrases(
    "deliver to | deliver to the | delivered to | delivered to the | send to | send to the | sent to the | "
    "ship to | ship to the | bring to the | deliver it to the | deliver them to the | send them to the"
)
DESTINATIONS_AT_THE_END = phrases("to | to the")

ITEM_FILLERS = (*FILLERS, *phrases("a | an | the | of | some | on | as | x"))
EACH = ("each", "apiece")
SOME = phrases(
    """
    dozens of | hundreds of | plenty of |
    some | a few | few | several | a couple of | a couple | many | lots of | a lot of | any |
    all the | all of the | all your | all our | a bit of | a little | more | enough
    """
)
