// SPDX-License-Identifier: GPL-2.0-or-later
// Checks and transforms from the input are held against bytes from the input: no crash, no answer that later
// bytes take back, and the answer for a complete buffer is always yes or no.
#include "fuzz_input.h"

#include "nfsieve/inspect/check_runner.h"

namespace {

using namespace nfsieve;
using nfsieve::fuzz::Input;
using nfsieve::fuzz::require;

class Maker {
public:
    explicit Maker(Input& input) : input_(input) {}

    std::vector<Check> list(bool inside) {
        std::vector<Check> result;
        for (unsigned left = input_.byte() % 6U; left > 0; --left)
            result.push_back(one(inside));
        return result;
    }
    bool regex_that_others_follow() const { return regex_ && relative_; }

private:
    bool flag() { return input_.byte() % 2 == 1; }
    std::string text(std::size_t longest) {
        return std::string(as_text(input_.bytes(input_.byte() % longest)));
    }

    Operand operand() {
        const std::uint8_t kind = input_.byte();
        if (kind % 4 == 3)
            return {0, std::uint32_t{kind} / 4U % 4U};
        if (kind % 16 == 2)
            return {kind > 127 ? INT64_MIN : INT64_MAX, std::nullopt};
        return {static_cast<std::int8_t>(input_.byte()) / (kind % 3 + 1), std::nullopt};
    }
    std::optional<Operand> maybe() { return flag() ? std::optional(operand()) : std::nullopt; }

    ByteField field() {
        ByteField result;
        result.count = operand();
        result.offset = operand();
        result.relative = flag();
        relative_ |= result.relative;
        result.little_endian = flag();
        constexpr std::uint8_t bases[] = {0, 8, 10, 16};
        result.base = bases[input_.byte() % 4];
        result.bitmask = flag() ? input_.number() : 0;
        return result;
    }

    Check one(bool inside) {
        switch (input_.byte() % 11) {
        case 0: {
            PcreCheck check;
            check.pattern = text(40);
            for (bool* letter :
                 {&check.caseless, &check.multiline, &check.dotall, &check.extended, &check.anchored,
                  &check.dollar_endonly, &check.ungreedy, &check.relative, &check.negated})
                *letter = flag();
            relative_ |= check.relative;
            regex_ = true;
            return {check};
        }
        case 1: {
            ByteTestCheck check;
            check.field = field();
            check.op = static_cast<ByteTestCheck::Op>(input_.byte() % 7);
            check.negated = flag();
            check.value = operand();
            return {check};
        }
        case 2: {
            ByteJumpCheck check;
            check.field = field();
            check.from = static_cast<ByteJumpCheck::From>(input_.byte() % 3);
            check.multiplier = input_.number();
            check.align = flag();
            check.post_offset = static_cast<std::int8_t>(input_.byte());
            return {check};
        }
        case 3: {
            ByteExtractCheck check;
            check.field = field();
            check.variable = input_.byte() % 4U;
            check.multiplier = input_.byte();
            check.align = input_.byte() % 8;
            return {check};
        }
        case 4: {
            ByteMathCheck check;
            check.field = field();
            check.op = static_cast<ByteMathCheck::Op>(input_.byte() % 6);
            check.value = operand();
            check.variable = input_.byte() % 4U;
            return {check};
        }
        case 5: {
            const IsDataAtCheck check{operand(), flag(), flag()};
            relative_ |= check.relative;
            return {check};
        }
        case 6:
            return {
                SizeCheck{{static_cast<NumberTest::Op>(input_.byte() % 7), input_.byte(), input_.byte()}}};
        case 7: {
            Base64Check check;
            if (flag())
                check.bytes = input_.byte();
            check.offset = input_.byte() % 8U;
            check.relative = flag();
            relative_ |= check.relative;
            if (!inside)
                check.inside = list(true);
            return {check};
        }
        default: {
            ContentCheck check;
            check.bytes = text(5);
            check.nocase = flag();
            check.negated = flag();
            check.ends_with = flag();
            check.offset = maybe();
            check.depth = maybe();
            check.distance = maybe();
            check.within = maybe();
            relative_ |= check.relative();
            return {check};
        }
        }
    }

    Input& input_;
    bool regex_ = false, relative_ = false;
};

void run_transforms(Input& input) {
    std::vector<Transform> list;
    for (unsigned left = input.byte() % 5U; left > 0; --left)
        list.push_back({static_cast<Transform::Kind>(input.byte() % 15),
                        std::string(as_text(input.bytes(input.byte() % 12U)))});
    const Result<CompiledTransforms> compiled = compile_transforms(list);
    if (!compiled)
        return;
    TransformRunner runner;
    std::string scratch;
    const Bytes bytes = input.bytes(4096);
    const std::string once(as_text(runner.run(*compiled, bytes, scratch)));
    require(once.size() <= bytes.size() + 40 * (list.size() + 1));
    require(as_text(runner.run(*compiled, bytes, scratch)) == once);
}

void run_checks(CheckRunner& runner, Input& input) {
    Maker maker(input);
    const Result<CompiledChecks> compiled = compile_checks(maker.list(false));
    if (!compiled) {
        require(!compiled.error().message.empty());
        return;
    }
    const std::uint64_t start = input.byte() % 4 == 0 ? input.byte() : 0U;
    const Bytes bytes = input.bytes(512);
    const std::uint64_t limits_before = runner.limits().regex + runner.limits().steps;
    const Checked whole = runner.run(*compiled, {bytes, start, true});
    require(whole.answer != Answer::undecided);
    if (whole.answer == Answer::yes)
        require(whole.end <= start + bytes.size());
    for (std::size_t length = 0; length <= bytes.size(); length += 1 + length / 8) {
        const Checked part = runner.run(*compiled, {bytes.first(length), start, false});
        if (part.answer == Answer::yes)
            require(part.end <= start + length);
        const bool limited = runner.limits().regex + runner.limits().steps != limits_before;
        if (part.answer != Answer::undecided && !limited && !maker.regex_that_others_follow())
            require(part.answer == whole.answer);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static CheckRunner runner; // lives on as a worker's does
    Input input(data, size);
    if (input.byte() % 8 == 0)
        run_transforms(input);
    else
        run_checks(runner, input);
    return 0;
}
