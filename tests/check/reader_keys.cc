// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the keys that the rule reader knows, for the tests of the schema.
#include "../../src/rules/keys.h"
#include "nfsieve/rules/buffer.h"

#include <iostream>

int main() {
    for (const auto& table : nfsieve::keys::tables)
        for (const auto name : table.names)
            std::cout << table.object << ' ' << name << '\n';
    for (const auto name : nfsieve::json_buffer_names())
        std::cout << "match " << name << '\n';
}
