# snnc: `make` builds build/snnc, `make help` lists the rest.

BUILD    ?= build
PREFIX   ?= /usr/local
CC       ?= cc
OPTIMIZE ?= -O2 -g
SANITIZE ?=

RUNTIME  = $(wildcard runtime/*/)
CPPFLAGS = -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -iquote compiler -iquote grammar -iquote backends -iquote backends/interp \
           $(RUNTIME:%=-iquote %) -iquote $(GEN)
# No contraction: the interpreter and the generated code must agree to the last bit.
CFLAGS   = -std=c11 -ffp-contract=off $(OPTIMIZE) $(SANITIZE) $(WARNINGS)
LDFLAGS  = $(SANITIZE)
LDLIBS   = -lm -lpthread -lz -ldl

WARNINGS  = -Wall -Wextra
WARNINGS += -Wpedantic           # ISO C only: the next compiler may have no extensions
WARNINGS += -Wshadow             # one name, one thing
WARNINGS += -Wconversion         # no silent loss between number types
WARNINGS += -Wswitch-enum        # a new kind must be handled everywhere
WARNINGS += -Wmissing-prototypes # what is not in a header is static
WARNINGS += -Wstrict-prototypes  # f() is not f(void)
WARNINGS += -Werror

# Check's macros pass an empty variadic argument.
TEST_WARNINGS = -Wno-pedantic -Wno-variadic-macros
ifneq ($(findstring clang,$(shell $(CC) --version)),)
TEST_WARNINGS += -Wno-gnu-zero-variadic-macro-arguments
endif

# ---- files ----

# `make Q=` shows the commands.
Q        ?= @
GEN      = $(BUILD)/gen
OBJ      = $(BUILD)/obj
SNNC     = $(BUILD)/snnc
UNIT     = $(BUILD)/unit
MAIN     = compiler/main.c
# What snnc loads when it is asked for: see backends/backends.def.
LLVM_SOURCES = $(wildcard backends/llvm/*.c)
SOURCES  = $(filter-out $(MAIN) $(LLVM_SOURCES),$(wildcard compiler/*.c compiler/*/*.c compiler/*/*/*.c grammar/*.c backends/*/*.c))
EMBEDDED = $(filter-out runtime/library/%,$(wildcard runtime/*/*.h runtime/*/*.c)) $(wildcard compiler/library/*)
UNIT_SOURCES = $(wildcard tests/unit/*.c)

LIB_OBJECTS  = $(SOURCES:%.c=$(OBJ)/%.o) $(OBJ)/gen/snn.tab.o $(OBJ)/gen/snn.lex.o $(OBJ)/gen/embedded.o
LLVM_OBJECTS = $(LLVM_SOURCES:%.c=$(OBJ)/%.o)
RT_OBJECTS   = $(patsubst %.c,$(OBJ)/%.o,$(wildcard runtime/*/*.c))
UNIT_OBJECTS = $(UNIT_SOURCES:%.c=$(OBJ)/%.o)
LIBRARIES    = $(BUILD)/libsnnc.a $(BUILD)/libsnn_rt.a

FORMATTED = $(wildcard compiler/*.[ch] compiler/*/*.[ch] compiler/*/*/*.[ch] grammar/*.[ch] backends/*/*.[ch] runtime/*/*.[ch] \
                       tests/*/*.[ch] examples/*/*.[ch])
# Every tests/NAME.sh but the tools among them is a part of `make test`.
TEST_SCRIPTS = $(filter-out tests/deps.sh tests/layers.sh tests/circles.sh,$(wildcard tests/*.sh))
TEST_NAMES   = $(patsubst tests/%.sh,%,$(TEST_SCRIPTS))

.PHONY: all loaded demo boards web bench bench-peers equal test unit asan fuzz libraries layers format check-format install clean help deps $(TEST_NAMES)
.DELETE_ON_ERROR:

all: $(SNNC) ## build/snnc (default)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]*:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

# ---- what the machine needs ----

BUILD_TOOLS = cc flex bison zlib
TEST_TOOLS  = $(BUILD_TOOLS) pkg-config check clang cppcheck llvm gdb numpy $(CROSS_TOOLS)
CROSS_TOOLS = aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc arm-linux-gnueabihf-gcc s390x-linux-gnu-gcc qemu-aarch64-static
FUZZ_TOOLS  = $(BUILD_TOOLS) fuzzer
DEMO_TOOLS  = $(BUILD_TOOLS) fashion-mnist
BOARD_TOOLS = $(DEMO_TOOLS) clang llvm arm-none-eabi-gcc riscv64-unknown-elf-gcc aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc \
              qemu-system-arm qemu-system-riscv32 qemu-aarch64 wasm-ld node
WEB_TOOLS   = $(BUILD_TOOLS) clang wasm-ld node chromium

deps: $(BUILD)/deps-test $(BUILD)/deps-demo ## install what is missing (Debian, Ubuntu)

# `make` and `make install` only name what is missing; the others are asked to set the machine up.
DEPS_MODE = $(if $(filter-out all install clean help format check-format layers,$(or $(MAKECMDGOALS),all)),install,check)

$(BUILD)/deps-build: tests/deps.sh
	@tests/deps.sh $(DEPS_MODE) $(BUILD_TOOLS)
	@mkdir -p $(@D) && touch $@

# Behind each other: apt serves one at a time.
$(BUILD)/deps-test: tests/deps.sh | $(BUILD)/deps-build
	@tests/deps.sh install $(TEST_TOOLS)
	@mkdir -p $(@D) && touch $@

$(BUILD)/deps-demo: tests/deps.sh | $(BUILD)/deps-build
	@tests/deps.sh install $(DEMO_TOOLS)
	@mkdir -p $(@D) && touch $@

$(BUILD)/deps-boards: tests/deps.sh | $(BUILD)/deps-build
	@tests/deps.sh install $(BOARD_TOOLS)
	@mkdir -p $(@D) && touch $@

$(BUILD)/deps-web: tests/deps.sh | $(BUILD)/deps-build
	@tests/deps.sh install $(WEB_TOOLS)
	@mkdir -p $(@D) && touch $@

$(BUILD)/deps-fuzz: tests/deps.sh | $(BUILD)/deps-build
	@tests/deps.sh install $(FUZZ_TOOLS)
	@mkdir -p $(@D) && touch $@

# ---- the compiler ----

# All of it: a backend that is loaded finds there what it needs. Whatever asks for snnc gets what belongs to it, of the same
# sources: what it links with programs and what it loads.
$(SNNC): $(OBJ)/compiler/main.o $(LIB_OBJECTS) $(RT_OBJECTS) | $(LIBRARIES) loaded
	@echo "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -rdynamic $^ $(LDLIBS) -o $@

# Without LLVM there is no such backend; asked for it, snnc says so.
LLVM_CONFIG ?= llvm-config-19

loaded: | $(BUILD)/deps-build $(GEN)/abi.h
	@if command -v $(LLVM_CONFIG) > /dev/null 2>&1; then $(MAKE) --no-print-directory $(BUILD)/snnc-llvm.so; else rm -f $(BUILD)/snnc-llvm.so; fi

$(BUILD)/snnc-llvm.so: $(LLVM_OBJECTS)
	@echo "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-Bsymbolic $^ $$($(LLVM_CONFIG) --ldflags --libs) -o $@

# What it calls by a name of its own is its own, whatever snnc calls so. LLVM's headers are not ours to warn about.
$(LLVM_OBJECTS): CFLAGS += -fPIC -isystem $$($(LLVM_CONFIG) --includedir)

# A library to load takes it, too.
$(RT_OBJECTS): CFLAGS += -fPIC

$(BUILD)/libsnnc.a: $(LIB_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/libsnn_rt.a: $(RT_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(OBJ)/%.o: %.c | $(BUILD)/deps-build
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(OBJ)/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(GEN)/snn.tab.c: grammar/snn.y | $(BUILD)/deps-build
	@mkdir -p $(@D)
	@echo "  BISON $<"
	$(Q)bison -Wall -Wcounterexamples -Wdangling-alias -Werror -d -o $@ $<

$(GEN)/snn.tab.h: $(GEN)/snn.tab.c ;

# flex exits with 0 after warnings: whatever it prints is a failure.
$(GEN)/snn.lex.c: grammar/snn.l | $(BUILD)/deps-build
	@mkdir -p $(@D)
	@echo "  FLEX $<"
	$(Q)flex -o $@ $< 2> $@.log || { cat $@.log >&2; exit 1; }
	@if [ -s $@.log ]; then cat $@.log >&2; exit 1; fi

$(GEN)/embedded.c: compiler/embed.sh $(EMBEDDED)
	@mkdir -p $(@D)
	@echo "  EMBED $@"
	$(Q)sh compiler/embed.sh $(EMBEDDED) > $@

# A backend that is loaded knows these as snnc does.
ABI_SOURCES = $(wildcard compiler/*.h compiler/*.def backends/*.def runtime/*/*.h)

$(GEN)/abi.h: $(ABI_SOURCES)
	@mkdir -p $(@D)
	$(Q)cat $^ | cksum | sed 's/\([0-9]*\) .*/#define BACKEND_ABI "\1"/' > $@.new
	$(Q)cmp -s $@.new $@ || cp $@.new $@

$(OBJ)/compiler/backend.o $(OBJ)/backends/llvm/emit.o: | $(GEN)/abi.h

$(OBJ)/gen/snn.lex.o $(patsubst %.c,$(OBJ)/%.o,$(wildcard grammar/*.c)): $(GEN)/snn.tab.h

# ---- tests ----

# Parts beside each other, the longest first, and what a part says in one piece. Random models, which keep all processors
# busy and say how far they are, at the end.
JOBS    ?= $(shell nproc 2> /dev/null || echo 2)
PARTS    = unit run llvm targets $(filter-out run llvm targets random,layers $(TEST_NAMES))
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

test: $(BUILD)/deps-test ## all tests
	$(MAKE) --no-print-directory $(PARALLEL) --output-sync $(PARTS)
	$(MAKE) --no-print-directory $(PARALLEL) random

unit: $(BUILD)/deps-test $(UNIT) ## the unit tests
	$(UNIT)

$(UNIT): $(UNIT_OBJECTS) $(LIBRARIES)
	@echo "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) $^ $$(pkg-config --libs check) $(LDLIBS) -o $@

$(UNIT_OBJECTS): CFLAGS += $(TEST_WARNINGS)
$(UNIT_OBJECTS): | $(BUILD)/deps-test

$(TEST_NAMES): %: tests/%.sh $(BUILD)/deps-test $(SNNC)
	BUILD=$(BUILD) SNNC=$(SNNC) CC="$(CC)" SANITIZE="$(SANITIZE)" JOBS=$(JOBS) tests/$@.sh

asan: ## unit and run tests under the address and undefined-behaviour sanitizers
	$(MAKE) BUILD=$(BUILD)/asan OPTIMIZE="-O1 -g" \
	    SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" \
	    unit $(filter run,$(TEST_NAMES))

libraries: $(LIBRARIES)

# `make fuzz SECONDS_EACH=600` for long.
fuzz: $(BUILD)/deps-fuzz ## look for texts and files that crash: see tests/fuzz/fuzz.sh
	$(MAKE) BUILD=$(BUILD)/fuzz CC=clang OPTIMIZE="-O1 -g" \
	    SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" libraries
	BUILD=$(BUILD)/fuzz $(if $(SECONDS_EACH),SECONDS_EACH=$(SECONDS_EACH)) tests/fuzz/fuzz.sh

layers: $(LIBRARIES) loaded ## no #include against the order of the layers, no circle of calls; names of models are left to them
	@tests/layers.sh
	@tests/circles.sh $(LIB_OBJECTS) $(RT_OBJECTS) $$(ls $(LLVM_OBJECTS) 2> /dev/null)

format: ## lay all C files out
	clang-format -i $(FORMATTED)

check-format: ## fail where `make format` would change a file
	clang-format --dry-run -Werror $(FORMATTED)

# ---- use ----

DEMO      = examples/fashion_mnist/model.snn
DEMO_DATA = /usr/share/datasets/fashion-mnist

# Three epochs of the ten in the example: half a minute, and about 0.8661.
DEMO_EPOCHS ?= 3

demo: $(SNNC) $(BUILD)/deps-demo ## compile the Fashion-MNIST example, train it, measure it
	@echo "1. snnc compiles $(DEMO) into one C program:"
	$(SNNC) $(DEMO) -D epochs=$(DEMO_EPOCHS) -o $(BUILD)/demo.c
	@echo "2. The C compiler makes an executable of it:"
	$(CC) -std=c11 -O3 -march=native -ffp-contract=off -fno-math-errno -fno-trapping-math \
	    $(BUILD)/demo.c -o $(BUILD)/demo $(LDLIBS)
	@echo "3. It learns from 54,000 images, $(DEMO_EPOCHS) epochs, looks at 6,000 others, and writes a checkpoint after each:"
	$(BUILD)/demo train --data $(DEMO_DATA) --validate 0.1 --no-test --force --out $(BUILD)/demo.safetensors
	@echo "4. The last checkpoint is measured, once, on 10,000 images that were never looked at:"
	$(BUILD)/demo test --data $(DEMO_DATA) --weights $(BUILD)/demo.safetensors

boards: $(SNNC) $(BUILD)/deps-boards ## trained networks on emulated boards: see examples/boards/README.md
	@BUILD=$(BUILD) SNNC=$(SNNC) CC="$(CC)" examples/boards/boards.sh

web: $(SNNC) $(BUILD)/deps-web ## pages that read drawn digits, MNIST=dir, and hear spoken ones: see examples/web/README.md
	@BUILD=$(BUILD) SNNC=$(SNNC) CC="$(CC)" $(if $(MNIST),MNIST=$(MNIST)) $(if $(SPOKEN),SPOKEN=$(SPOKEN)) examples/web/web.sh

bench: $(SNNC) $(BUILD)/deps-demo ## speed, memory and sizes: see tests/bench/README.md
	@BUILD=$(BUILD) SNNC=$(SNNC) CC="$(CC)" DATA=$(DEMO_DATA) tests/bench/bench.sh

bench-peers: $(SNNC) $(BUILD)/deps-demo ## a training step against PyTorch and others: see tests/bench/README.md
	@BUILD=$(BUILD) SNNC=$(SNNC) CC="$(CC)" DATA=$(DEMO_DATA) tests/bench/peers.sh

equal: $(SNNC) $(BUILD)/deps-demo ## inference of all examples and whole test sets is what trainers predict; SNN_DATA=dir: see tests/bench/README.md
	@BUILD=$(BUILD) SNNC=$(SNNC) CC="$(CC)" $(if $(SNN_DATA),SNN_DATA=$(SNN_DATA)) DATA=$(DEMO_DATA) tests/bench/predictions.sh

# Found from where snnc stands: the tree may be moved. The shell looks for what is loaded: make knows
# no files that it has only just made in a new folder. Of an older snnc nothing is to be loaded.
install: all ## into $(PREFIX): snnc, the runtime as a library, its headers
	install -d $(foreach folder,bin lib/snnc lib/pkgconfig include/snnc,"$(DESTDIR)$(PREFIX)/$(folder)")
	install -m 755 $(SNNC) "$(DESTDIR)$(PREFIX)/bin/snnc"
	rm -f "$(DESTDIR)$(PREFIX)"/lib/snnc/snnc-*.so
	for file in $(BUILD)/libsnn_rt.a $(BUILD)/snnc-*.so; do \
	    [ ! -f $$file ] || install -m 644 $$file "$(DESTDIR)$(PREFIX)/lib/snnc" || exit; done
	install -m 644 $(wildcard runtime/*/*.h) "$(DESTDIR)$(PREFIX)/include/snnc"
	install -m 644 runtime/library/snn_rt.pc "$(DESTDIR)$(PREFIX)/lib/pkgconfig"

clean: ## remove build/
	rm -rf $(BUILD)

-include $(LIB_OBJECTS:.o=.d) $(LLVM_OBJECTS:.o=.d) $(RT_OBJECTS:.o=.d) $(UNIT_OBJECTS:.o=.d) $(OBJ)/compiler/main.d
