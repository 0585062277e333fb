// SPDX-License-Identifier: GPL-2.0-or-later
// Rule files are written by people and fetched by scripts: any text must give rules or complaints, and rules
// that were read must compile or be refused.
#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

/// Large repeats are legal and slow to compile; they would leave no time for anything else.
constexpr std::size_t max_compiled = 600;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const nfsieve::ReadRules read = nfsieve::read_rules(text, "f");
    for (const nfsieve::RuleError& error : read.errors) {
        if (error.message.empty() || error.place.file != "f")
            std::abort();
        if (error.to_string().find('\n') != std::string::npos) // one line a complaint
            std::abort();
    }
    if (!read.errors.empty() || size > max_compiled || text.find('{', text.find("regex")) != text.npos)
        return 0;
    const nfsieve::Compiled compiled = nfsieve::compile(read.specs);
    if (compiled.errors.empty() != (compiled.rules != nullptr))
        std::abort();
    return 0;
}
