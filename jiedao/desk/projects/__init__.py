"""The pages of key projects: the list for the weekly meeting, and the page of a project with its Gantt chart."""
