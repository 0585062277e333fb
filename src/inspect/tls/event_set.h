// SPDX-License-Identifier: GPL-2.0-or-later
// A few events, in the order of the enumeration.
#pragma once

#include "nfsieve/rules/app_event_tls.h"

namespace nfsieve::tls {

class EventSet {
public:
    void add(TlsEvent event) { bits_ |= bit(event); }
    [[nodiscard]] bool contains(TlsEvent event) const { return (bits_ & bit(event)) != 0; }

    template <typename Visit>
    void each(Visit visit) const {
        for (std::size_t i = 0; i < tls_event_name_table.size(); ++i)
            if (const auto event = static_cast<TlsEvent>(i); contains(event))
                visit(event);
    }

private:
    static std::uint32_t bit(TlsEvent event) { return 1U << static_cast<unsigned>(event); }
    std::uint32_t bits_ = 0;
};

} // namespace nfsieve::tls
