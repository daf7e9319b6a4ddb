"""The counterfactual street: where a student sees a car while one thing is changed."""
