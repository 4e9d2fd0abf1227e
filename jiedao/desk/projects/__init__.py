"""The pages of key projects: the list of the weekly meeting, the page of one with its Gantt chart."""
