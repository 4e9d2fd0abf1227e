"""Tables from files that anybody may have made: .xlsx read in a confined process, text in any usual encoding."""
