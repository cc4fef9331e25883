from django.urls import path

from passage.office import goods, offers, tills, views, visits

app_name = "office"
urlpatterns = [
    path("", views.start, name="start"),
    path("members", views.members, name="members"),
    path("members/<uuid:member>", views.member, name="member"),
    path("visits", visits.visits, name="visits"),
    path("visits/enter", visits.enter, name="enter"),
    path("visits/<int:operation>", visits.visit, name="visit"),
    path("promotions", offers.promotions, name="promotions"),
    path("promotions/new", offers.promotion, name="new_promotion"),
    path("promotions/<int:rule>", offers.promotion, name="promotion"),
    path("promotions/<int:rule>/end", offers.end_promotion, name="end_promotion"),
    path("rewards", offers.catalogue, name="rewards"),
    path("rewards/new", offers.reward, name="new_reward"),
    path("rewards/<uuid:reward>", offers.reward, name="reward"),
    path("rewards/<uuid:reward>/end", offers.end_reward, name="end_reward"),
    path("products", goods.products, name="products"),
    path("products/new", goods.product, name="new_product"),
    path("products/<str:code>", goods.product, name="product"),
    path("products/<str:code>/retire", goods.retire, name="retire"),
    path("tills", tills.tills, name="tills"),
    path("tills/<int:till>/connect", tills.connect, name="connect"),
    path("tills/<int:till>/disconnect", tills.disconnect, name="disconnect"),
    path("staff", tills.people, name="people"),
    path("staff/<int:person>/pin", tills.pin, name="pin"),
]
