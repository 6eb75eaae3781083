"""The pure core: values in, values out. Layers: merge -> document -> model."""
