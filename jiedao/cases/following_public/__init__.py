"""Reports of the public, and following them by a code, without an account.

codes       follow-up codes, opened by number and code, with limits of wrong ones
reporting   file a matter of the public, or follow the case that is about it already
pointing    the map on which the place of a matter is pointed at, and words for a point
reading     what a follower may read of a case, in plain words
answering   add information; rate the reply, which is the return visit
proving     one-time codes that prove a mail address or a phone, and the matters of a phone
code_limits how many one-time codes an address may ask for and a contact is sent
inviting    a mail that asks the owner of an address to confirm it, for reports that came through another system
notifying   messages to verified contacts after a step of the case
doubting    reports that look like abuse, and the decision of a clerk about them
erasing     erase contacts after the retention period
"""
