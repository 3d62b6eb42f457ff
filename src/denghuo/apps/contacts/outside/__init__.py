"""The border to channels that belong to others: taking in what comes, sending what goes out."""
