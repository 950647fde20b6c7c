"""The gate's daily pages besides visitors and vehicles (校门日常): duty, handover, roll call, staff, pupils."""
