"""People outside who report and follow cases without an account.

codes       follow-up codes, opened by number and code, with limits of wrong ones
reporting   file a matter of the public, or follow the case that is about it already
reading     what a follower may read of a case, in plain words
answering   add information; rate the reply, which is the return visit
proving     one-time codes that prove a mail address or a phone, and the matters of a phone
telling     messages to verified contacts, when a step was made
code_limits how many one-time codes an address asks for and a contact is sent
doubting    reports that look like abuse, and what a clerk decides about them
erasing     contacts are erased in time
"""
