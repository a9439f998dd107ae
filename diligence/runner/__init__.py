"""Running notebooks: parameters checked, kernels started fast, results the same each time."""
