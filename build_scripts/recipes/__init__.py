"""Recipes: what each model is made of, the shipped ones and those of users."""
