"""The public door: the start page, sign-in and sign-out, help, and what is shown when something fails.

It holds no data of a member. A wrong password and an unknown address get the same answer, in the same
time, and neither can be tried for long.
"""
