# A short road to what Meson does. `make` alone installs nothing.
BUILD ?= build
prefix ?= /usr/local
PYTHON ?= python3

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@command -v meson >/dev/null || { echo "meson is missing: run 'make setup', or install the packages in packaging/dependencies"; exit 1; }
	meson setup $(BUILD) --prefix $(prefix)

# Installs what building needs, by package name.
setup:
	packaging/install-dependencies.sh build

demo:
	packaging/install-dependencies.sh build demo
	$(MAKE) all
	tests/demo.sh $(BUILD)

check:
	packaging/install-dependencies.sh build check
	tests/check.sh

soak:
	packaging/install-dependencies.sh build check
	tests/soak.sh

bench:
	packaging/install-dependencies.sh build bench
	$(MAKE) all
	bench/run.sh $(BUILD)

# A prefix that is named here counts, whatever the build directory was made with.
install: all
ifneq ($(origin prefix),file)
	meson configure $(BUILD) --prefix $(prefix)
	ninja -C $(BUILD)
endif
	DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --no-rebuild

dist: $(BUILD)/build.ninja
	packaging/dist.sh $(BUILD)

clean:
	rm -rf $(BUILD) build-* demo

.PHONY: all setup demo check soak bench install dist clean
