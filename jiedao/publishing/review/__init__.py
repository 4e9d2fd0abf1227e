"""What of a case the public may see: a reviewer decides on its words, photos and place before anything is shown."""
