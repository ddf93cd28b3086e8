"""Where pages come from: the corpus contract, its on-disk form, and the sources it is built of."""
