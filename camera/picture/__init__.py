"""Does a camera see something? Pure measures on keyframes of the sub-stream, and what is concluded from them."""
