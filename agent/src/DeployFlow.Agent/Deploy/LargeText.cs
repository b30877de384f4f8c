namespace DeployFlow.Agent.Deploy;

/// <summary>The characters of approval codes, five lines high: to be read across a room.</summary>
internal static class LargeText
{
    private const int Height = 5;

    private static readonly Dictionary<char, string> Shapes = new()
    {
        ['0'] = " ### |#   #|#   #|#   #| ### ",
        ['1'] = "  #  | ##  |  #  |  #  | ### ",
        ['2'] = "#### |    #| ### |#    |#####",
        ['3'] = "#### |    #| ### |    #|#### ",
        ['4'] = "#  # |#  # |#####|   # |   # ",
        ['5'] = "#####|#    |#### |    #|#### ",
        ['6'] = " ### |#    |#### |#   #| ### ",
        ['7'] = "#####|   # |  #  | #   |#    ",
        ['8'] = " ### |#   #| ### |#   #| ### ",
        ['9'] = " ### |#   #| ####|    #| ### ",
        ['A'] = " ### |#   #|#####|#   #|#   #",
        ['B'] = "#### |#   #|#### |#   #|#### ",
        ['C'] = " ####|#    |#    |#    | ####",
        ['D'] = "#### |#   #|#   #|#   #|#### ",
        ['E'] = "#####|#    |###  |#    |#####",
        ['F'] = "#####|#    |###  |#    |#    ",
        ['G'] = " ####|#    |#  ##|#   #| ####",
        ['H'] = "#   #|#   #|#####|#   #|#   #",
        ['J'] = "  ###|   # |   # |#  # | ##  ",
        ['K'] = "#  # |# #  |##   |# #  |#  # ",
        ['M'] = "#   #|## ##|# # #|#   #|#   #",
        ['N'] = "#   #|##  #|# # #|#  ##|#   #",
        ['P'] = "#### |#   #|#### |#    |#    ",
        ['Q'] = " ### |#   #|# # #|#  # | ## #",
        ['R'] = "#### |#   #|#### |#  # |#   #",
        ['S'] = " ####|#    | ### |    #|#### ",
        ['T'] = "#####|  #  |  #  |  #  |  #  ",
        ['V'] = "#   #|#   #|#   #| # # |  #  ",
        ['W'] = "#   #|#   #|# # #|## ##|#   #",
        ['X'] = "#   #| # # |  #  | # # |#   #",
        ['Y'] = "#   #| # # |  #  |  #  |  #  ",
        ['Z'] = "#####|   # |  #  | #   |#####",
        ['-'] = "     |     | ### |     |     ",
    };

    public static IEnumerable<string> Of(string text) => Enumerable.Range(0, Height).Select(
        line => string.Join("  ", text.Select(character => Shapes.TryGetValue(character, out var shape) ? shape.Split('|')[line] : "     ")));
}
