"""What stands between the network and the pages: it reads a request whole, lets it wait its turn, and sends the answer.

A thread is only taken by a request that has arrived, and is free again before its answer is sent: whoever sends or
reads slowly costs a connection, never a thread. What cannot be served soon is told so at once.
"""
