// SPDX-License-Identifier: GPL-2.0-or-later
// Any text must give signatures that keep what the header promises, or complaints with a place. The input is
// read as a file, and as the options of a rule.
#include "fuzz_input.h"
#include "nfsieve/rules/suricata_reader.h"

#include <cstddef>
#include <cstdint>

namespace {

using namespace nfsieve;
using nfsieve::fuzz::require;

void check_bounds(const std::vector<Check>& checks, std::size_t variables) {
    for (const Check& check : checks) {
        if (const auto* content = std::get_if<ContentCheck>(&check.what)) {
            require(!content->bytes.empty());
            require(!content->relative() || !(content->offset || content->depth));
            for (const auto* place :
                 {&content->offset, &content->depth, &content->distance, &content->within})
                require(!*place || !(*place)->variable || *(*place)->variable < variables);
            require(!content->chop || content->chop->first + content->chop->second <= content->bytes.size());
        }
        if (const auto* extract = std::get_if<ByteExtractCheck>(&check.what))
            require(extract->variable < variables);
        if (const auto* base64 = std::get_if<Base64Check>(&check.what))
            check_bounds(base64->inside, variables);
    }
}

void read(const std::string& text) {
    const ReadSignatures result = read_signatures(text, "f", default_suricata_options());
    for (const RuleError& error : result.errors) {
        require(!error.message.empty() && error.place.file == "f" && error.place.line > 0 &&
                error.place.column > 0);
        require(error.to_string().find('\n') == std::string::npos); // one line a complaint
    }
    std::size_t bound = 0;
    for (const SignatureSpec& spec : result.signatures) {
        require(!spec.label.id.empty() && (spec.to_server || spec.to_client));
        bound += spec.packet_bound ? 1 : 0;
        for (const BufferChecks& buffer : spec.buffers) {
            require(!buffer.checks.empty());
            const BufferInfo& has = info(buffer.view.buffer);
            require((spec.to_server && has.to_server) || (spec.to_client && has.to_client));
            require(has.protocol == AppProtocol::none ||
                    (has.protocol == AppProtocol::http) == (spec.protocol == SignatureSpec::Protocol::http));
            check_bounds(buffer.checks, spec.variables.size());
        }
    }
    require(bound == result.packet_bound);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    read(text);
    read("alert tcp any any -> any any (" + text + "; sid:1;)\n");
    return 0;
}
