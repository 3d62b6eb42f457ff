"""The systems that run the grid, 生产管理系统 (PMS) and 停电管理系统 (OMS): outages come in; fault orders go out and their
progress comes back. An OMS also tells what breakers and meters say, and is told of the calls."""
