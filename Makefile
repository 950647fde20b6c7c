# The same names as ./run, for those whose fingers say make. Arguments: make test ARGS="tests/gate -k visit"
.PHONY: help env demo test lint image lock
help env demo test lint image lock:
	@./run $@ $(ARGS)
