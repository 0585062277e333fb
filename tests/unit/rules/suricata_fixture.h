// SPDX-License-Identifier: GPL-2.0-or-later
// Reads single rules for the tests of the Suricata reader.
#pragma once

#include "nfsieve/rules/suricata_reader.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace nfsieve::test {

inline std::string rule(const std::string& options,
                        const std::string& header = "alert tcp any any -> any any") {
    return header + " (msg:\"m\"; " + options + " sid:7; rev:1;)";
}

inline ReadSignatures read(const std::string& text) {
    return read_signatures(text, "f.rules", default_suricata_options());
}

/// The one rule that these options make; a failure and an empty one where there is a complaint.
inline SignatureSpec one(const std::string& options,
                         const std::string& header = "alert tcp any any -> any any") {
    ReadSignatures result = read(rule(options, header));
    for (const RuleError& error : result.errors)
        ADD_FAILURE() << options << ": " << error.to_string();
    if (result.signatures.size() != 1) {
        ADD_FAILURE() << options << ": " << result.signatures.size() << " rules";
        return {};
    }
    return std::move(result.signatures.front());
}

/// What is complained of, joined by newlines; a failure where the rule is read all the same.
inline std::string refused(const std::string& options,
                           const std::string& header = "alert tcp any any -> any any") {
    const ReadSignatures result = read(rule(options, header));
    EXPECT_TRUE(result.signatures.empty()) << options << " was read";
    std::string said;
    for (const RuleError& error : result.errors)
        said += error.message + "\n";
    return said;
}

template <class What>
const What& check(const SignatureSpec& spec, std::size_t buffer, std::size_t index) {
    return std::get<What>(spec.buffers.at(buffer).checks.at(index).what);
}

inline const ContentCheck& content(const SignatureSpec& spec, std::size_t buffer, std::size_t index) {
    return check<ContentCheck>(spec, buffer, index);
}

} // namespace nfsieve::test
