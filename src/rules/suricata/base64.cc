// SPDX-License-Identifier: GPL-2.0-or-later
// base64_decode and base64_data.
#include "byte_field.h"
#include "handlers.h"
#include "nfsieve/base/wording.h"
#include "values.h"

namespace nfsieve::suricata {

void read_base64_decode(Draft& draft, const Option& option, const Keyword&) {
    Base64Check check;
    if (option.has_value) {
        for (const Piece& piece : split(option.value, option.value_at, ',')) {
            const auto bytes = behind(piece, "bytes"), offset = behind(piece, "offset");
            const auto value = parse_unsigned(bytes ? bytes->text : offset ? offset->text : "");
            if (piece.text == "relative")
                check.relative = true;
            else if (bytes && value && *value > 0 && *value <= 65535)
                check.bytes = static_cast<std::uint32_t>(*value);
            else if (offset && value && *value <= 65535)
                check.offset = static_cast<std::uint32_t>(*value);
            else
                return draft.complain_at(piece.at, "base64_decode: " + in_quotes(piece.text) +
                                                       " is not known; it takes bytes N, offset N and "
                                                       "relative, each up to 65535");
        }
    }
    const bool relative = check.relative;
    draft.add(option, {std::move(check)},
              relative ? Draft::Otherwise::last_match : Draft::Otherwise::payload);
}

void read_base64_data(Draft& draft, const Option& option, const Keyword&) {
    if (!draft.open_base64())
        draft.complain(option, "nothing is decoded; put base64_decode in front of it");
}

} // namespace nfsieve::suricata
