"""Words that people use for the same thing, where a document may use any of them."""

from __future__ import annotations

from .terms import stem

_GROUPS = """
create add new make insert register define
get list show fetch retrieve view read search find query lookup see
update edit change modify set adjust
delete remove erase wipe destroy rid
start begin launch run trigger execute
stop end halt abort cancel terminate finish
pause suspend freeze lock
continue resume
send deliver
enable activate on
disable deactivate off offline
duplicate copy clone
combine merge join unify
replace overwrite swap
undo revert rollback restore back previous
publish release deploy
notify notification alert inform
remind reminder
invite invitation
approve accept confirm agree
reject decline deny refuse
complete finish done close
assign assignee owner responsible
move transfer
attach attachment upload
download export
check verify validate
estimate calculate compute
block ban spam
kick expel remove
mute silence
react reaction emoji
person people user member human employee coworker colleague everyone someone somebody
company organization organisation business firm
customer client buyer shopper
prospect lead
deal opportunity
team group
admin administrator moderator
mail email
sms text
message chat dm
comment remark note reply
call phone telephone
conversation discussion thread
file document attachment
image picture photo avatar icon
folder directory
trash bin recycle
site website webpage page
url link webhook callback
task todo ticket issue
subtask child
goal objective target
template blueprint pattern
status state stage progress phase
label tag category
column section
field attribute property
group list segment
event meeting appointment
calendar schedule agenda plan
holiday vacation absence
hour time duration
deadline due overdue
log history audit activity
profile account
current me my myself self authenticated whoami
setting configuration config preference option
secret key token credential password
variable env environment
permission role access right
price cost amount fee rate
money fund balance cash payment
refund reimburse
invoice bill billing
coupon discount voucher promotion promo code
subscription recurring plan
tax vat
payout withdrawal bank
charge payment
dispute chargeback
card creditcard
product item article good
nutrition nutrient calorie sugar fat protein
allergen ingredient
order purchase
stock inventory availability
shipment shipping delivery
warehouse location store
song track music
playlist
artist band singer
speaker device
popular top trending
similar related like recommendation
latest recent fresh newest
random shuffle
next skip
favorite favourite like saved star bookmark
database db
backup snapshot dump
certificate ssl tls https
build rebuild compile
branch fork
bot application app
room channel
report statistic analytics metric
count number many total
search lookup autocomplete
"""


def _read(groups: str) -> dict[str, frozenset[str]]:
    synonyms: dict[str, frozenset[str]] = {}
    for line in groups.strip().splitlines():
        terms = frozenset(map(stem, line.split()))
        for term in terms:
            synonyms[term] = synonyms.get(term, frozenset()) | terms - {term}
    return synonyms


SYNONYMS = _read(_GROUPS)
