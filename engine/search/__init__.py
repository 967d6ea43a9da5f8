"""The search language of `query`: text to tree, tree to conditions."""
