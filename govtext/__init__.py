"""govtext: Chinese government reports, read, segmented, tagged and sorted."""
