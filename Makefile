# A short road to what Meson does. `make` alone installs nothing.
BUILD ?= build
prefix ?= /usr/local
PYTHON ?= python3

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@command -v meson >/dev/null || { echo "meson is missing: run 'make setup', or install the packages in packaging/dependencies"; exit 1; }
	meson setup $(BUILD) --prefix "$(prefix)"

# Installs by package name, on Debian and its kin. Elsewhere, once everything is there:
# make demo DEPENDENCIES=:
DEPENDENCIES ?= packaging/install-dependencies.sh

setup:
	$(DEPENDENCIES) build

demo:
	$(DEPENDENCIES) build demo
	$(MAKE) all
	tests/demo.sh $(BUILD)

check:
	$(DEPENDENCIES) build check
	tests/check.sh

soak:
	$(DEPENDENCIES) build check
	tests/soak.sh

bench:
	$(DEPENDENCIES) build bench
	$(MAKE) all
	bench/run.sh $(BUILD)

# A prefix that is named here counts, whatever the build directory was made with.
install: all
ifneq ($(origin prefix),file)
	meson configure $(BUILD) --prefix "$(prefix)"
	ninja -C $(BUILD)
endif
	DESTDIR="$(if $(DESTDIR),$(abspath $(DESTDIR)))" meson install -C $(BUILD) --no-rebuild

dist: $(BUILD)/build.ninja
	packaging/dist.sh $(BUILD)

clean:
	rm -rf $(BUILD) build-* demo

.PHONY: all setup demo check soak bench install dist clean
