"""The floor's board shows what was expected beside what came."""

from denghuo.apps.floor import forecast
from denghuo.apps.workforce.demand.reading import provide

forecast.register(provide)
