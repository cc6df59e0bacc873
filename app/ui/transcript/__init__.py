"""The transcript as a list: model, layout, painting and view; shared by live and review."""
