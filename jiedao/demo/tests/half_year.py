"""The values that the half-year report prints in the demonstration, whatever its number of cases."""

# measure -> value, as the report of 2020 counts
VALUES = {
    "epidemic.villages_enclosed": "43",
    "epidemic.checkpoints": "281",
    "epidemic.measures": "19",
    "epidemic.station_accidents": "0",
    "economy.works_resumed": "99.8",
    "economy.small_resumed": "85.7",
    "aid.paid": "188.8",
    "projects.approved": "2",
    "waste.stations_refitted": "80.0",
    "illegal.new_removed_area": "18.00",
    "illegal.stock_settled": "32.28",
    "polluters.rectified": "460",
    "governance.key_matters": "47",
    "rentals.graded": "2,380",
    "discipline.items": "30",
    "discipline.talks": "128",
    "redevelopment.projects": "26",
    "land.untitled_share": "41.64",
    "villages.unplanned": "34",
    "old_estates.land": "50.00",
}
SENTENCES = (
    "近3000名党员",
    "同比增长67.1%，完成年度任务的38.3%，位居全区第一",
    "为区下达任务35.42万平方米的91%，位次为全区第二",
    "比上年同期下降50%",
    "党组织覆盖率超80%",
    "停车泊位334个",
    "红色小区示范点不少于7个",
)
