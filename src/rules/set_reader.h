// SPDX-License-Identifier: GPL-2.0-or-later
// Named sets, and lists of ports and addresses.
#pragma once

#include "complaints.h"

#include <map>
#include <optional>

namespace nfsieve {

/// Reads "sets" once and then any number of lists that may name them. Borrows the JSON tree and the
/// complaints, which outlive it. Not thread-safe.
class SetReader {
public:
    explicit SetReader(Complaints& complaints) : complaints_(complaints) {}

    /// Takes the file's "sets" object and complains of every bad set, used or not.
    void read_sets(const LocatedJson& sets);
    /// One entry or a list of them; nothing where there was a complaint.
    [[nodiscard]] std::optional<PortSet> ports(const LocatedJson& json);
    [[nodiscard]] std::optional<AddressSet> addresses(const LocatedJson& json);

private:
    enum class Kind : std::uint8_t { unknown, ports, addresses };
    enum class State : std::uint8_t { fresh, open, good, bad };
    struct Named {
        const LocatedJson* json = nullptr;
        Kind kind = Kind::unknown;
        State state = State::fresh;
        PortSet ports;
        AddressSet addresses;
    };

    /// The set of this name, resolved; null where it is missing, bad or of the other kind. Complains at
    /// `user`, except of what was already said where the set stands.
    const Named* named(const LocatedJson& user, const std::string& name, Kind wanted);
    void resolve(const std::string& name, Named& set);
    /// What a list holds by its first entry that is no reference, or by the sets that it refers to.
    Kind kind_of(const LocatedJson& json, unsigned depth);
    std::vector<std::string_view> names() const;

    Complaints& complaints_;
    std::map<std::string, Named, std::less<>> sets_;
    unsigned open_ = 0; ///< sets being resolved, one inside the other
};

} // namespace nfsieve
