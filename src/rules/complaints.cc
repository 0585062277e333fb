// SPDX-License-Identifier: GPL-2.0-or-later
#include "complaints.h"

#include <algorithm>

namespace nfsieve {

bool Complaints::expect(const LocatedJson& json, LocatedJson::Type type, std::string_view what) {
    if (json.type == type)
        return true;
    at(json, std::string(what) + " must be " + type_name(type) + ", but this is " + type_name(json.type));
    return false;
}

bool Complaints::expect_object(const LocatedJson& json, std::string_view what,
                               std::span<const std::string_view> known) {
    if (!expect(json, LocatedJson::Type::object, what))
        return false;
    for (const LocatedJson::Member& member : json.members) {
        if (std::find(known.begin(), known.end(), member.key) != known.end())
            continue;
        const std::string_view meant = nearest(member.key, known);
        at({file_, member.line, member.column},
           "unknown key " + in_quotes(member.key) + " in " + std::string(what) +
               (meant.empty() ? "; known are " + listing(known)
                              : "; did you mean \"" + std::string(meant) + "\"?"));
    }
    return true;
}

} // namespace nfsieve
