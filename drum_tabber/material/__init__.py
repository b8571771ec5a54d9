"""Material to train on and to judge by: songs with tabs, public corpora, what is made from them."""
