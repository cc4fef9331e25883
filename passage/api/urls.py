from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from passage.api.api import api, nothing_here

urlpatterns = [
    path("", api.urls),
    re_path(r"^.*$", csrf_exempt(nothing_here)),
]
