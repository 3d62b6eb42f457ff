"""Named as a package: some libraries install a ``tests`` of their own, which would else be found first."""
