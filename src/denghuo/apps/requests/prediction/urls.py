"""Addresses of the prediction screens, included by the app's."""

from django.urls import path

from denghuo.apps.requests.prediction import pages

urlpatterns = [
    path("staff/prediction/", pages.calibration_page, name="prediction"),
    path("staff/prediction/models/", pages.models_page, name="prediction-models"),
    path("staff/prediction/models/fit/", pages.fit, name="prediction-fit"),
    path("staff/prediction/models/<int:pk>/force/", pages.put_in_force, name="prediction-force"),
    path("staff/prediction/weather/", pages.weather_page, name="prediction-weather"),
    path("staff/requests/<int:pk>/prediction/", pages.panel, name="prediction-panel"),
]
