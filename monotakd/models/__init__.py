"""Networks and their parts: pixels to BEV, alignment, fusion, domain adaptation."""
